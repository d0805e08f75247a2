// oauth4webapi 3.8: every answer goes through its strict checks, one call for each.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as oauth from "oauth4webapi";
import { Owner } from "./owner.js";
import { Provider, REDIRECT_URI } from "./provider.js";

const INSECURE = { [oauth.allowInsecureRequests]: true };
let provider, server;
before(async () => {
  provider = await Provider.start();
  const issuer = new URL(provider.origin);
  const response = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...INSECURE });
  server = await oauth.processDiscoveryResponse(issuer, response);
});
after(() => provider?.stop());

async function authorized(client, authentication) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id, redirect_uri: REDIRECT_URI, response_type: "code", scope: "read write", state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const parameters = oauth.validateAuthResponse(server, client, await new Owner().allow(url), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, authentication, parameters, REDIRECT_URI, verifier, INSECURE,
  );
  assert.equal(response.headers.get("cache-control"), "no-store");
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

// proves: R-039
for (const kind of ["confidential", "public"]) {
  test(`${kind} client authorizes, calls, refreshes and revokes`, async () => {
    const registered = provider[kind](`oauth4webapi, ${kind}`);
    const client = { client_id: registered.client_id };
    const authentication = kind === "public" ? oauth.None() : oauth.ClientSecretBasic(registered.client_secret);
    const tokens = await authorized(client, authentication);
    assert.equal((await call(tokens.access_token)).status, 200);

    const response = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, INSECURE);
    const refreshed = await oauth.processRefreshTokenResponse(server, client, response);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    assert.equal((await call(refreshed.access_token)).status, 200);

    const revoked = await oauth.revocationRequest(server, client, authentication, refreshed.access_token, INSECURE);
    assert.equal(await oauth.processRevocationResponse(revoked), undefined);
    await assert.rejects(call(refreshed.access_token), (error) => {
      assert.equal(error.code, oauth.WWW_AUTHENTICATE_CHALLENGE);
      assert.equal(error.status, 401);
      assert.equal(error.cause[0].scheme, "bearer");
      assert.equal(error.cause[0].parameters.error, "invalid_token");
      return true;
    });
  });
}

test("introspection", async () => {
  const registered = provider.confidential("oauth4webapi, introspection");
  const client = { client_id: registered.client_id };
  const authentication = oauth.ClientSecretPost(registered.client_secret);
  const { access_token } = await authorized(client, authentication);
  const response = await oauth.introspectionRequest(server, client, authentication, access_token, INSECURE);
  const described = await oauth.processIntrospectionResponse(server, client, response);
  assert.equal(described.active, true);
});

function call(accessToken) {
  return oauth.protectedResourceRequest(accessToken, "GET", new URL("/api/profile", provider.origin), undefined, undefined, INSECURE);
}
