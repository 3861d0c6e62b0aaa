// A fault in, one plain sentence and a way on out; where the service says when, the time until then counts down.

const COUNTED = 90;

function faultView(fault, chat, retry) {
  const { words } = chat;
  const again = button("retry", words.say("retry"), retry, { class: "plain" });
  const wait = make("span", { class: "wait" });
  const view = make("div", { part: "error", class: "error" }, make("p", {}, words.say(fault.kind), " ", wait), again);
  if (fault.until > Date.now()) countDown(fault.until, wait, again, words);
  return view;
}

function countDown(until, wait, again, words) {
  again.disabled = true;
  let shown = false;
  const tick = () => {
    if (shown && !wait.isConnected) return;
    shown = wait.isConnected;
    const seconds = Math.ceil((until - Date.now()) / 1000);
    if (seconds > COUNTED) wait.textContent = words.say("waitUntil", { time: words.time(new Date(until)) });
    else wait.textContent = seconds > 0 ? words.say("waitSeconds", { n: seconds }) : words.say("waitOver");
    if (seconds > 0) setTimeout(tick, 1000);
    else again.disabled = false;
  };
  tick();
}
