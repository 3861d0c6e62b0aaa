// Loaded twice, the script does nothing the second time.
if (customElements.get("citewell-chat")) return;

// Known only while the script runs for the first time; null in a module.
const SCRIPT = document.currentScript;
