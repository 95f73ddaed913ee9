// Second factors of somebody who is signed in: an authenticator app, recovery codes, passkeys.

import { call, fresh } from "./api.js";
import { beSure } from "./dialogs.js";
import { byId, copy, fill, make, onClick, onSubmit, say, time } from "./dom.js";
import { makePasskey } from "./passkeys.js";

export function showTotp(isOn) {
  byId("totp-state").textContent = isOn ? "on" : "off";
  byId("totp-state").classList.toggle("good", isOn);
  byId("totp-off").hidden = isOn;
  byId("totp-on").hidden = !isOn;
  byId("totp-enrol").hidden = true;
  byId("codes").hidden = true;
}

function showCodes(codes) {
  byId("codes-list").replaceChildren(...codes.map((code) => make("li", {}, code)));
  byId("codes").hidden = false;
  byId("totp-on").hidden = true;
  const text = codes.join("\n");
  byId("codes-save").href = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" }));
  byId("codes-copy").textContent = "Copy";
  byId("codes-copy").onclick = () => copy(text, byId("codes-copy"));
  byId("codes").querySelector("h3").focus();
}

function forgetCodes() {
  byId("codes-list").replaceChildren();
  URL.revokeObjectURL(byId("codes-save").href);
  byId("codes-save").removeAttribute("href");
  byId("codes-copy").onclick = null;
  showTotp(true);
}

export async function showPasskeys() {
  const { items } = await call("GET", "passkeys");
  const rows = items.map((item) => {
    const remove = make("button", { type: "button", class: "quiet" }, "Remove");
    onClick(remove, async () => {
      await beSure(`“${item.name}” does not sign you in any more.`, "Remove it");
      await fresh("DELETE", `passkeys/${encodeURIComponent(item.id)}`);
      await showPasskeys();
    });
    const used = item.used_at === null ? "not used yet" : `last used ${time(item.used_at)}`;
    return make("li", {}, make("div", {}, item.name, make("small", {}, used)), remove);
  });
  fill(byId("passkeys"), rows, "None yet.");
}

export function prepareFactors() {
  onClick(byId("totp-begin"), async () => {
    const begun = await fresh("POST", "totp");
    byId("totp-picture").src = `data:image/svg+xml,${encodeURIComponent(begun.qr_svg)}`;
    byId("totp-secret").textContent = begun.secret.match(/.{1,4}/g).join(" ");
    byId("totp-off").hidden = true;
    byId("totp-enrol").hidden = false;
    byId("totp-code").focus();
  });
  onSubmit("totp", async ({ code }, form) => {
    const { recovery_codes: codes } = await call("POST", "totp/confirm", { code: code.trim() });
    form.reset();
    byId("totp-picture").removeAttribute("src");
    byId("totp-secret").textContent = "";
    showTotp(true);
    showCodes(codes);
  });
  onClick(byId("totp-cancel"), () => showTotp(false));
  onClick(byId("codes-done"), forgetCodes);
  onClick(byId("codes-renew"), async () => {
    await beSure("The recovery codes that you have do not work any more then.", "Make new codes");
    showCodes((await fresh("POST", "recovery-codes")).recovery_codes);
  });
  onClick(byId("totp-remove"), async () => {
    await beSure("A password alone signs you in again then.", "Remove the app");
    await fresh("DELETE", "totp");
    showTotp(false);
    say("The app is removed.");
  });
  onSubmit("passkey", async ({ name }, form) => {
    const { token, options } = await fresh("POST", "passkeys/options");
    const credential = await makePasskey(options);
    await call("POST", "passkeys/register", { token, credential, name });
    form.reset();
    await showPasskeys();
  });
}
