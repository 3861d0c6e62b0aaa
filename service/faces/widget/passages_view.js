// The passages that were considered for an answer, best first, with what was quoted from them marked.

class PassagesView {
  constructor(chat) {
    this.chat = chat;
    this.list = make("ol", { class: "passages" });
    this.element = make("details", { part: "passages", class: "side" },
      make("summary", {}, chat.words.say("passages")),
      make("div", { class: "fields" }, this.list));
    this.clear();
  }

  clear() {
    this.list.replaceChildren(make("li", { class: "soft" }, this.chat.words.say("noPassages")));
  }

  draw(answer) {
    if (!answer?.passages.length) return this.clear();
    this.list.replaceChildren(...answer.passages.map((passage) => this.#passage(passage, answer)));
  }

  // As the reader asked for it: opened, and in view.
  show(answer) {
    this.draw(answer);
    this.element.open = true;
    this.element.scrollTop = 0;
    this.element.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    this.element.querySelector("summary").focus({ preventScroll: true });
  }

  #passage(passage, answer) {
    const { words, endpoint } = this.chat;
    const cited = [...answer.citations, ...(answer.refusal?.nearest ?? [])];
    const known = cited.find((citation) => citation.article.id === passage.article_id);
    const article = passage.article ?? known?.article;
    const quoted = answer.citations.find((citation) => citation.passage_id === passage.passage_id);
    const [before, quote, after] = around(passage.text, passage.start, quoted?.start, quoted?.end);
    return make("li", { part: "passage", class: "passage" },
      article && make("p", { class: "title", lang: article.language, dir: "auto" }, article.title),
      article && factsOf(article, words),
      make("p", { class: "text", lang: article?.language, dir: article ? directionOf(article.language) : "auto" },
        before, quote && make("mark", {}, quote), after),
      make("p", { class: "links" }, newTabLink(null, this.#address(passage, known, answer, endpoint), words.say("open"), article?.title ?? passage.article_id, words)));
  }

  // A passage brings no link of its own as yet: that of a citation of the same article leads to the same page.
  #address(passage, known, answer, endpoint) {
    const place = new URLSearchParams({ start: passage.start, end: passage.end });
    const link = passage.link ?? known?.link?.replace(/([?&])start=\d+&end=\d+/, `$1${place}`);
    if (link) return articleAddress(endpoint, { link }, { citations: [] });
    const open = this.chat.token === null && typeof passage.article_id === "string";
    return open ? articleAddress(endpoint, { link: `/articles/${encodeURIComponent(passage.article_id)}?${place}` }, { citations: [] }) : null;
  }
}
