// What the archive holds in, choices with counts out, and the filters of the next question.

const SHOWN_NAMES = 200;

class FiltersView {
  // `fixed`: filters of the attribute; what the page has decided is not offered again.
  constructor(fixed, chat) {
    this.fixed = fixed;
    this.chat = chat;
    this.fields = make("div", { class: "fields" });
    const { words } = chat;
    this.reset = button(null, words.say("reset"), () => this.clear(), { class: "plain", hidden: true });
    this.element = make("details", { part: "filters", class: "side filters" },
      make("summary", {}, words.say("filters")), this.fields, this.reset);
    this.fields.addEventListener("change", () => {
      this.reset.hidden = !this.chosen;
    });
  }

  draw(archive) {
    const { words } = this.chat;
    this.languages = this.#choices(words.say("languages"), "language", archive.languages, (tag) => words.languageName(tag));
    this.sources = this.#choices(words.say("sources"), "source", archive.sources, (name) => name);
    const days = "published_from" in this.fixed || "published_to" in this.fixed ? null : this.#days(archive.published);
    this.fields.replaceChildren(...[this.languages, this.sources, days].filter(Boolean));
  }

  #choices(label, key, counts, nameOf) {
    const names = ranked(counts).slice(0, SHOWN_NAMES);
    if (key in this.fixed || names.length < 2) return null;
    return make("fieldset", {}, make("legend", {}, label),
      make("div", { class: "choices" }, names.map(([value, count]) =>
        make("label", {}, make("input", { type: "checkbox", name: key, value }), make("span", { class: "name" }, make("bdi", {}, nameOf(value))),
          make("span", { class: "count" }, this.chat.words.numbers.format(count))))));
  }

  #days(published) {
    const [min, max] = [published?.first, published?.last].map((day) => day?.slice(0, 10));
    if (!min) return null;
    const { words } = this.chat;
    const day = (key, label) => make("label", { class: "day" }, words.say(label), make("input", { type: "date", name: key, min, max }));
    return make("fieldset", {}, make("legend", {}, words.say("published")), day("published_from", "from"), day("published_to", "to"));
  }

  get chosen() {
    return Object.keys(this.#values()).length > 0;
  }

  #values() {
    const values = {};
    for (const input of this.fields.querySelectorAll("input")) {
      if (input.type === "checkbox" && input.checked) (values[input.name] ??= []).push(input.value);
      if (input.type === "date" && input.value) values[input.name] = input.value;
    }
    return values;
  }

  // As the service takes them; a first day after the last is turned round.
  get value() {
    const values = { ...this.#values(), ...this.fixed };
    const { published_from: from, published_to: to } = values;
    if (from && to && from > to) [values.published_from, values.published_to] = [to, from];
    return Object.keys(values).length ? values : null;
  }

  clear() {
    for (const input of this.fields.querySelectorAll("input")) {
      if (input.type === "checkbox") input.checked = false;
      else input.value = "";
    }
    this.reset.hidden = true;
    this.element.querySelector("summary").focus();
  }
}
