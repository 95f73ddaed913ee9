// An OpenID provider on loopback, from the npm package oidc-provider. Its settings are the JSON
// text in the environment variable PROVIDER; it says so on standard output when it listens.
//
// Whoever signs in gets the claims that the table `people` has for the name that was given.

import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const settings = JSON.parse(process.env.PROVIDER);
const { issuer, port, clients, jwks, people, audience, claimsInIdToken } = settings;

const provider = new Provider(issuer, {
  clients,
  jwks,
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name'],
  },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  conformIdTokenClaims: !claimsInIdToken,
  cookies: { keys: ['a key for the tests'] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA', 'Ed25519'] },
  extraTokenClaims: () => ({ groups: ['shop-buyers', 'everybody'] }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: '',
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: settings.accessTokenAlgorithm } },
      }),
    },
  },
  findAccount: (_, name) => ({
    accountId: name,
    claims: () => ({ sub: name, ...people[name] }),
  }),
  pkce: { required: () => true },
  responseTypes: ['code'],
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600 },
});

const answer = provider.callback();
const counts = {};

createServer((request, response) => {
  const path = request.url.split('?')[0];
  if (path === '/counts') {
    response.end(JSON.stringify(counts));
    return;
  }
  counts[path] = (counts[path] ?? 0) + 1;
  answer(request, response);
}).listen(port, '127.0.0.1', () => console.log('listening'));
