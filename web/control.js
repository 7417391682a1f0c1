// Doing: with a token, which is kept as long as the tab is open, and sent with each request that needs it.
import {$} from "./dom.js";

const KEY = "tributary-token";

export const token = () => sessionStorage.getItem(KEY) ?? "";

const headers = () => (token() ? {Authorization: `Bearer ${token()}`} : {});

export async function get(path) {
  const answer = await fetch(path, {headers: headers(), cache: "no-store"});
  return answer.json();
}

export async function post(path, body) {
  const answer = await fetch(path, {method: "POST", headers: {...headers(), "Content-Type": "application/json"}, body: JSON.stringify(body)});
  return answer.json();
}

/** Whether there is anything to do here: "none", "locked" (a token is wanted) or "open". Forgets a token that is wrong. */
export async function access() {
  const {controls, token: right} = await get("/api/access");
  if (controls === undefined) {
    sessionStorage.removeItem(KEY);
    return "locked";
  }
  return !controls ? "none" : right ? "open" : "locked";
}

/** Asks in a dialog. Gives back false, or true, or what was typed if `label` asks for something. */
export function ask(title, text, yes, label = null) {
  const dialog = $("question");
  const [field, input] = [dialog.querySelector("label"), dialog.querySelector("input")];
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("button[value=yes]").textContent = yes;
  field.hidden = label === null;
  field.querySelector("span").textContent = label ?? "";
  input.value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  if (label !== null) input.focus();
  input.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    dialog.close("yes");
  };
  return new Promise((done) => {
    dialog.onclose = () => {
      const typed = input.value;
      input.value = "";
      done(dialog.returnValue === "yes" && (label === null || typed));
    };
  });
}

export async function askForToken() {
  const typed = await ask("Token", "Who has the token of --http-token-file may scale, pause and stop the group, and retry or drop dead letters.",
                          "Use it", "Token");
  if (typed) sessionStorage.setItem(KEY, typed.trim());
  return access();
}
