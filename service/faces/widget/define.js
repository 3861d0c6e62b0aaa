// The tag becomes known, and a page that holds none gets one at its end, with the script's data-* as attributes.

customElements.define("citewell-chat", CitewellChat);

function addChat() {
  if (document.querySelector("citewell-chat")) return;
  const chat = document.createElement("citewell-chat");
  for (const name of CitewellChat.observedAttributes) {
    const value = SCRIPT?.dataset[name];
    if (value !== undefined) chat.setAttribute(name, value);
  }
  document.body.append(chat);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addChat);
else addChat();
