// The Node snippet of Ion's documentation, ported from simple-oauth2 1 to 5.1 call by call; host,
// credentials and wiring changed. It sends no PKCE and no state.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AuthorizationCode } from "simple-oauth2";
import { Owner } from "./owner.js";
import { Provider, REDIRECT_URI } from "./provider.js";

let provider;
before(async () => { provider = await Provider.start(); });
after(() => provider?.stop());

function ion(client) {
  return new AuthorizationCode({
    client: { id: client.client_id, secret: client.client_secret },
    auth: {
      tokenHost: `${provider.origin}/oauth/`,
      authorizePath: `${provider.origin}/oauth/authorize`,
      tokenPath: `${provider.origin}/oauth/token/`,
    },
  });
}

test("the snippet runs without PKCE where a client may", async () => {
  const client = provider.confidential("Ion's snippet", ["--insecure-without-pkce"]);
  const oauth = ion(client);

  // 1) the user visits the site
  const login_url = oauth.authorizeURL({ scope: "read", redirect_uri: REDIRECT_URI });
  const callback = await new Owner().allow(login_url);

  // 2) the callback
  const code = callback.searchParams.get("code");
  const result = await oauth.getToken({ code, redirect_uri: REDIRECT_URI });
  const { access_token, refresh_token, expires_in } = result.token;

  // 3) an API request
  assert.equal(await provider.api(access_token), 200);

  // 4) later, from what was saved
  let token = oauth.createToken({ access_token, refresh_token, expires_in: -expires_in });
  assert.equal(token.expired(), true);
  token = await token.refresh();
  assert.notEqual(token.token.access_token, access_token);
  assert.equal(await provider.api(token.token.access_token), 200);
});

// proves: R-093
test("a default client is told what is missing", async () => {
  const client = provider.confidential("Ion's snippet, default client");
  const page = await new Owner().visit(ion(client).authorizeURL({ scope: "read", redirect_uri: REDIRECT_URI }));
  const location = new URL(page.location);
  assert.equal(location.origin + location.pathname, REDIRECT_URI);
  assert.equal(location.searchParams.get("error"), "invalid_request");
  assert.match(location.searchParams.get("error_description"), /code_challenge/);
  assert.equal(location.searchParams.has("code"), false);
});
