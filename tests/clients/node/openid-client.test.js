// openid-client 6.8, which finds the provider by its metadata and checks `state` and `iss` by itself.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as client from "openid-client";
import { Owner } from "./owner.js";
import { Provider, REDIRECT_URI } from "./provider.js";

let provider;
before(async () => { provider = await Provider.start(); });
after(() => provider?.stop());

function discover({ client_id, client_secret }, authentication) {
  const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };
  return client.discovery(new URL(provider.origin), client_id, client_secret, authentication, options);
}

async function authorized(config, decision = "allow") {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI, scope: "read write", state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256",
  });
  const callback = await new Owner()[decision](url);
  return client.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState });
}

// proves
for (const [way, authentication] of [["in the header", client.ClientSecretBasic], ["in the body", client.ClientSecretPost]]) {
  test(`confidential client with the secret ${way}`, async () => {
    const registered = provider.confidential(`openid-client, ${way}`);
    const config = await discover(registered, authentication(registered.client_secret));
    assert.equal(config.serverMetadata().issuer, provider.origin);
    assert.deepEqual(config.serverMetadata().code_challenge_methods_supported, ["S256"]);
    const tokens = await authorized(config);
    assert.equal(tokens.token_type, "bearer");
    assert.equal(await call(config, tokens), 200);

    const described = await client.tokenIntrospection(config, tokens.access_token);
    assert.equal(described.active, true);
    assert.equal(described.client_id, registered.client_id);

    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, { scope: "read" });
    assert.equal(refreshed.scope, "read");
    assert.equal(await call(config, refreshed), 200);

    await client.tokenRevocation(config, refreshed.refresh_token, { token_type_hint: "refresh_token" });
    assert.equal(await provider.api(refreshed.access_token), 401);
    assert.deepEqual({ ...(await client.tokenIntrospection(config, refreshed.access_token)) }, { active: false });
    await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: "invalid_grant" });
  });
}

// proves
test("public client: rotation, and the whole family dies when a retired token comes back", async () => {
  const config = await discover(provider.public("openid-client, public"), client.None());
  const first = await authorized(config);
  const second = await client.refreshTokenGrant(config, first.refresh_token);
  const third = await client.refreshTokenGrant(config, second.refresh_token);
  assert.equal(await call(config, third), 200);
  await assert.rejects(client.refreshTokenGrant(config, first.refresh_token), { error: "invalid_grant" });
  await assert.rejects(client.refreshTokenGrant(config, third.refresh_token), { error: "invalid_grant" });
  assert.equal(await provider.api(third.access_token), 401);
});

// proves
test("denied consent is an authorization response error", async () => {
  const registered = provider.confidential("openid-client, denied");
  const config = await discover(registered);
  await assert.rejects(authorized(config, "deny"), { code: "OAUTH_AUTHORIZATION_RESPONSE_ERROR", error: "access_denied" });
});

test("client credentials", async () => {
  const job = provider.application(["--name", "a job", "--confidential", "--grant", "client_credentials"]);
  const tokens = await client.clientCredentialsGrant(await discover(job), { scope: "read" });
  assert.equal(tokens.refresh_token, undefined);
});

async function call(config, { access_token }) {
  return (await client.fetchProtectedResource(config, access_token, new URL("/api/profile", provider.origin), "GET")).status;
}
