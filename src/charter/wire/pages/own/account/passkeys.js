// Passkeys (Web Authentication): between JSON and what browsers take.

import { Refusal } from "./api.js";

export const havePasskeys =
  document.documentElement.dataset.passkeys === "yes" && window.PublicKeyCredential !== undefined;

function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function base64url(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const described = (items) => (items ?? []).map((item) => ({ ...item, id: bytes(item.id) }));

async function asked(begin) {
  try {
    return await begin();
  } catch (error) {
    const known = { InvalidStateError: "This device has a passkey for the account already." };
    const detail = known[error.name] ?? "No passkey was given.";
    throw new Refusal({ code: "no_passkey", detail }, 0, null);
  }
}

function told(credential, members) {
  const response = {};
  for (const name of members) {
    if (credential.response[name] != null) response[name] = base64url(credential.response[name]);
  }
  return { id: credential.id, rawId: base64url(credential.rawId), type: credential.type, response };
}

export async function makePasskey(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
  const credential = await asked(() => navigator.credentials.create({ publicKey }));
  const found = told(credential, ["clientDataJSON", "attestationObject"]);
  found.response.transports = credential.response.getTransports?.() ?? [];
  return found;
}

export async function askForPasskey(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: described(options.allowCredentials),
  };
  const credential = await asked(() => navigator.credentials.get({ publicKey }));
  return told(credential, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
}
