// The Node snippet of Ion's documentation: as it stands on simple-oauth2 1.6, which it was written for, and
// ported call by call to 5.1. It sends no PKCE and no state. Changed are only host, credentials and wiring:
//
//   snippet                                  here
//   require("simple-oauth2")                 import of the same version under another name
//   process.env.ION_*                        what the provider registered
//   https://ion.tjhsst.edu/oauth/...         ${provider.origin}/oauth/...
//   res.redirect(login_url), req.query       a scripted person who allows it, and the callback's query
//   "save in your session"                   local variables; expires_in is taken for over, as if saved long ago
//
// simple-oauth2 1.6 sends the secret by HTTP Basic and in the form: the server takes it with the setting
// accept_credentials_twice, and says what is wrong without.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AuthorizationCode } from "simple-oauth2";
import simpleoauth2 from "simple-oauth2-1";
import { Owner } from "./owner.js";
import { Provider, REDIRECT_URI } from "./provider.js";

let provider;
before(async () => { provider = await Provider.start("--set", "accept_credentials_twice=true"); });
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

function ionAsItStands(client, host = provider) {
  return simpleoauth2.create({
    client: { id: client.client_id, secret: client.client_secret },
    auth: {
      tokenHost: `${host.origin}/oauth/`,
      authorizePath: `${host.origin}/oauth/authorize`,
      tokenPath: `${host.origin}/oauth/token/`,
    },
  });
}

test("the snippet as it stands runs on simple-oauth2 1.6", async () => {
  const client = provider.confidential("Ion's snippet, as it stands", ["--insecure-without-pkce"]);
  const oauth = ionAsItStands(client);

  // 1) the user visits the site
  var login_url = oauth.authorizationCode.authorizeURL({ scope: "read", redirect_uri: REDIRECT_URI });
  const callback = await new Owner().allow(login_url);

  // 2) the callback
  var code = callback.searchParams.get("code");
  const saved = await oauth.authorizationCode.getToken({ code: code, redirect_uri: REDIRECT_URI }).then((result) => {
    const token = oauth.accessToken.create(result);
    var refresh_token = token.token.refresh_token;
    var access_token = token.token.access_token;
    var expires_in = token.token.expires_in;
    return { access_token, refresh_token, expires_in };
  });

  // 3) an API request
  assert.equal(await provider.api(saved.access_token), 200);

  // 4) later, from what was saved
  var token = oauth.accessToken.create({ ...saved, expires_in: -saved.expires_in });
  assert.equal(token.expired(), true);
  await new Promise((resolve, reject) => token.refresh((err, result) => {
    if (err) return reject(err);
    token = result;
    resolve();
  }));
  assert.notEqual(token.token.access_token, saved.access_token);
  assert.equal(await provider.api(token.token.access_token), 200);
});

// proves: R-017
test("without the setting simple-oauth2 1.6 is told that it authenticates twice", async () => {
  const strict = await Provider.start();
  try {
    const client = strict.confidential("Ion's snippet, strict", ["--insecure-without-pkce"]);
    const oauth = ionAsItStands(client, strict);
    const callback = await new Owner().allow(oauth.authorizationCode.authorizeURL({ scope: "read", redirect_uri: REDIRECT_URI }));
    const code = callback.searchParams.get("code");
    await assert.rejects(oauth.authorizationCode.getToken({ code, redirect_uri: REDIRECT_URI }), (refused) => {
      assert.equal(refused.context.error, "invalid_request");
      assert.match(refused.context.error_description, /more than one way/);
      return true;
    });
  } finally {
    await strict.stop();
  }
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
