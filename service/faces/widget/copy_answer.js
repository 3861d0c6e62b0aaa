// An answer in, plain text with its sources in the clipboard out.

function answerAsText(answer, words) {
  const sources = answer.citations.map(({ number, quote, article, stance }) => {
    const from = [article.title, article.source, article.published && words.day(article.published), webAddress(article.url)];
    const differs = stance === "differs" ? `${words.say("differs")}: ` : "";
    return `[${number}] ${differs}“${quote}”\n    ${from.filter(Boolean).join(" · ")}`;
  });
  return [answer.question, answer.answer, ...sources].join("\n\n");
}

async function copyText(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without https, and frames without the permission, have the older way only.
    const area = make("textarea", { class: "hidden", "aria-hidden": "true", tabindex: "-1" });
    const focused = root.activeElement;
    area.value = text;
    root.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return copied;
  }
}
