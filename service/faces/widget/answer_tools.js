// Below an answer: how sure it is, copy, thumbs up and down with a comment, and what was considered for it.

function answerTools(turn, chat) {
  const { words } = chat;
  const { answer } = turn;
  const said = make("span", { class: "said" });
  const comment = make("form", { class: "comment", hidden: true });
  const rate = (rating) => async () => {
    mark(rating);
    await send(null);
  };
  const thumbs = {
    up: iconButton("up", "up", words.say("up"), rate("up"), { "aria-pressed": "false" }),
    down: iconButton("down", "down", words.say("down"), rate("down"), { "aria-pressed": "false" }),
  };
  const mark = (rating) => {
    turn.rating = rating;
    for (const [name, thumb] of Object.entries(thumbs)) thumb.setAttribute("aria-pressed", String(name === rating));
  };
  const tell = (text) => {
    said.textContent = text;
    chat.announce(text);
  };
  let last = Promise.resolve();
  // One after the other: what overtakes a change of mind would be kept in its place.
  const send = (text) => {
    last = last.then(() => deliver(text));
    return last;
  };
  const deliver = async (text) => {
    const rating = turn.rating;
    const sent = feedbackOf(answer, rating, text);
    try {
      await chat.service.sendFeedback(sent);
      tell(words.say("thanks"));
      if (text == null && comment.hidden) openComment();
      chat.conversation.save();
      chat.emit("citewell-feedback", sent);
      return true;
    } catch (error) {
      if (turn.rating === rating && text == null) mark(null);
      tell(words.say("feedbackFailed"));
      chat.emit("citewell-error", error.problem ?? { detail: String(error) });
      return false;
    }
  };
  const openComment = () => {
    const field = make("textarea", { part: "comment", rows: "2", maxlength: "2000", "aria-label": words.say("comment"), placeholder: words.say("comment") });
    directByText(field);
    const submit = make("button", { type: "submit", part: "send-comment", class: "plain" }, words.say("sendComment"));
    comment.replaceChildren(field, submit);
    comment.onsubmit = async (event) => {
      event.preventDefault();
      if (field.value.trim() && (await send(field.value.trim()))) {
        comment.hidden = true;
        thumbs[turn.rating].focus();
      }
    };
    comment.hidden = false;
  };
  mark(turn.rating ?? null);
  const copy = iconButton("copy", "copy", words.say("copy"), async () => {
    tell(words.say((await copyText(answerAsText(answer, words), chat.shadowRoot)) ? "copied" : "copyFailed"));
  });
  return make("div", { class: "tools" },
    typeof answer.confidence === "number" && make("span", { class: "confidence", title: words.say("confidenceMeans") }, words.say("confidence", { p: words.percent(answer.confidence) })),
    said,
    chat.passages && answer.passages.length > 0 && button(null, words.say("passages"), () => chat.passages.show(answer), { class: "link" }),
    make("span", { class: "thumbs" }, copy, thumbs.up, thumbs.down), comment);
}

function feedbackOf(answer, rating, comment) {
  const citations = answer.citations.map(({ article, start, end }) => ({ article_id: article.id, version: article.version, start, end }));
  return { answer_id: answer.id, rating, comment, question: answer.question, answer: answer.answer, citations };
}
