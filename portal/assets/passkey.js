// Passkeys: asks the browser for a new one or for a login by one, and sends its answer with the form of the page.
"use strict";

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const ask = {
  async create({ challenge, site, bank, handle, user, name, known }) {
    const { response } = await navigator.credentials.create({
      publicKey: {
        challenge: bytesOf(challenge),
        rp: { id: site, name: bank },
        user: { id: bytesOf(handle), name: user, displayName: name },
        pubKeyCredParams: [-7, -257].map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: known.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytesOf(id) })),
        authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
        attestation: "none",
        timeout: 300_000,
      },
    });
    return { "client-data": response.clientDataJSON, attestation: response.attestationObject };
  },
  async get({ challenge, site }) {
    const { rawId, response } = await navigator.credentials.get({
      publicKey: { challenge: bytesOf(challenge), rpId: site, userVerification: "required", timeout: 300_000 },
    });
    return {
      id: rawId,
      handle: response.userHandle,
      "client-data": response.clientDataJSON,
      "authenticator-data": response.authenticatorData,
      signature: response.signature,
    };
  },
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.nextElementSibling.hidden = true;
  const [button, said] = [form.querySelector("button"), form.querySelector("[role=status]")];
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.textContent = "";
    try {
      const answer = await ask[form.dataset.passkey](form.dataset);
      for (const [name, value] of Object.entries(answer)) form.elements[name].value = textOf(value ?? []);
      form.submit();
    } catch (error) {
      button.disabled = false;
      said.textContent = error.name === "InvalidStateError" ? form.dataset.there : form.dataset.stopped;
    }
  });
}
