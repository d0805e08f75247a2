// A resource owner by script: signs in and decides as a person does, over plain HTTP and forms.

import assert from "node:assert/strict";
import { PASSWORD } from "./provider.js";

export class Owner {
  #cookies = new Map();

  constructor(username = "alice", password = PASSWORD) {
    this.username = username;
    this.password = password;
  }

  // Opens an authorization URL, signs in where asked, allows, and gives the client's callback URL.
  allow(url) {
    return this.#decide(url, "allow");
  }

  deny(url) {
    return this.#decide(url, "deny");
  }

  // Opens a URL and follows redirects only while they stay at the provider.
  async visit(url) {
    return this.#follow(await this.#fetch(url));
  }

  async #fetch(url, body) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = cookie ? { cookie } : {};
    const response = await fetch(url, { method: body ? "POST" : "GET", body, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0(;|$)/i.test(line) || value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return { url: String(url), status: response.status, location: response.headers.get("location"), text: await response.text() };
  }

  async #follow(page) {
    for (let turn = 0; turn < 10; turn += 1) {
      if (!page.location) return page;
      const target = new URL(page.location, page.url);
      if (target.origin !== new URL(page.url).origin) return page;
      page = await this.#fetch(target);
    }
    throw new Error(`redirected for ever at ${page.url}`);
  }

  async #decide(url, button) {
    let page = await this.visit(url);
    for (let turn = 0; turn < 4; turn += 1) {
      if (page.location) return new URL(page.location, page.url);
      page = await this.#follow(await this.#answer(page, button));
    }
    throw new Error(`asked again and again at ${page.url}: ${page.text}`);
  }

  #answer(page, button) {
    for (const form of forms(page.text)) {
      if (form.elements.has("username")) {
        const given = { username: this.username, password: this.password };
        return this.#submit(page, form, "sign-in", given);
      }
      if (form.elements.has(button)) return this.#submit(page, form, button, {});
    }
    throw new Error(`${page.status} at ${page.url} asks nothing that is known: ${page.text}`);
  }

  #submit(page, form, button, given) {
    assert.equal(form.method, "post", "a decision changes something: it is sent by POST");
    const body = new URLSearchParams(form.fields);
    for (const [id, value] of Object.entries(given)) body.set(form.elements.get(id).name, value);
    const pressed = form.elements.get(button);
    if (pressed.name) body.append(pressed.name, pressed.value ?? "");
    return this.#fetch(new URL(form.action || page.url, page.url), body);
  }
}

// Reads the forms of a page: what each sends unchanged, and its elements by id.
function* forms(page) {
  for (const [, opening, inside] of page.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
    const { action = "", method = "get" } = attributes(opening);
    const form = { action, method: method.toLowerCase(), fields: [], elements: new Map() };
    for (const [, tag, text] of inside.matchAll(/<(input|button|textarea|select)\b([^>]*)>/gi)) {
      const element = attributes(text);
      if (element.id) form.elements.set(element.id, element);
      const type = (element.type ?? (tag.toLowerCase() === "button" ? "submit" : "text")).toLowerCase();
      const sent = type !== "submit" && type !== "button" && (!["checkbox", "radio"].includes(type) || "checked" in element);
      if (element.name && sent) form.fields.push([element.name, element.value ?? ""]);
    }
    yield form;
  }
}

function attributes(text) {
  const found = {};
  for (const [, name, value] of text.matchAll(/([\w-]+)(?:\s*=\s*"([^"]*)")?/g)) found[name.toLowerCase()] = unescape(value ?? "");
  return found;
}

function unescape(text) {
  const named = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name) return named[name] ?? whole;
    return String.fromCodePoint(parseInt(decimal ?? hex, decimal ? 10 : 16));
  });
}
