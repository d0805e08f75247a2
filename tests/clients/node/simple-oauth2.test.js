// simple-oauth2 5.1, which leaves PKCE to its user: the challenge and the verifier are given by hand.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { AuthorizationCode, ClientCredentials } from "simple-oauth2";
import { Owner } from "./owner.js";
import { Provider, REDIRECT_URI } from "./provider.js";

let provider;
before(async () => { provider = await Provider.start(); });
after(() => provider?.stop());

function configuration(client, options = {}) {
  return {
    client: { id: client.client_id, secret: client.client_secret },
    auth: {
      tokenHost: provider.origin, authorizePath: "/oauth/authorize", tokenPath: "/oauth/token", revokePath: "/oauth/revoke",
    },
    options,
  };
}

async function authorized(library) {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const state = randomBytes(16).toString("base64url");
  const callback = await new Owner().allow(library.authorizeURL({
    redirect_uri: REDIRECT_URI, scope: "read write", state, code_challenge: challenge, code_challenge_method: "S256",
  }));
  assert.equal(callback.searchParams.get("state"), state);
  return library.getToken({ code: callback.searchParams.get("code"), redirect_uri: REDIRECT_URI, code_verifier: verifier });
}

// proves: R-014
for (const authorizationMethod of ["header", "body"]) {
  test(`authorizes, calls, refreshes and revokes with the secret in the ${authorizationMethod}`, async () => {
    const client = provider.confidential(`simple-oauth2, ${authorizationMethod}`);
    const first = await authorized(new AuthorizationCode(configuration(client, { authorizationMethod })));
    assert.equal(first.expired(), false);
    assert.equal(await provider.api(first.token.access_token), 200);

    const second = await first.refresh();
    assert.notEqual(second.token.access_token, first.token.access_token);
    assert.equal(await provider.api(second.token.access_token), 200);

    await second.revoke("access_token");
    assert.equal(await provider.api(second.token.access_token), 401);
    const third = await second.refresh();
    await third.revokeAll();
    assert.equal(await provider.api(third.token.access_token), 401);
    await assert.rejects(third.refresh(), (error) => error.data.payload.error === "invalid_grant");
  });
}

// proves: R-015
for (const credentialsEncodingMode of ["strict", "loose"]) {
  test(`a secret of odd characters works when it is encoded in the ${credentialsEncodingMode} way`, async () => {
    const secret = "a:b+c&d %e=" + randomBytes(16).toString("hex");
    const client = provider.confidential(`odd secret, ${credentialsEncodingMode}`, ["--client-secret-stdin"], `${secret}\n`);
    const library = new AuthorizationCode(configuration({ ...client, client_secret: secret }, { credentialsEncodingMode }));
    assert.equal(await provider.api((await authorized(library)).token.access_token), 200);
  });
}

test("client credentials", async () => {
  const client = provider.application(["--name", "a job", "--confidential", "--grant", "client_credentials"]);
  const { client: credentials, auth: { tokenHost, tokenPath } } = configuration(client);
  const { token } = await new ClientCredentials({ client: credentials, auth: { tokenHost, tokenPath } }).getToken({ scope: "read" });
  assert.equal(token.token_type.toLowerCase(), "bearer");
  assert.equal("refresh_token" in token, false);
});
