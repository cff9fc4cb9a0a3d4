// Keys, drop zones and upload progress. Every page works without this file.
(() => {
  "use strict";
  // A Vietnamese input method composes letters with the same keys: such a key is not ours.
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const inText = (target) =>
    target instanceof Element && target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const inControl = (target) => inText(target) || (target instanceof Element && target.closest("button, a, summary, input"));

  function nameOf(event) {
    const parts = [];
    if (event.ctrlKey) parts.push("Ctrl");
    if (event.altKey) parts.push("Alt");
    if (event.shiftKey && event.key.length > 1) parts.push("Shift");
    // Alt+digit arrives as another character on some layouts: the code names the key itself.
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    const key = event.key === " " ? "Space" : digit ? digit[1] : event.key.length === 1 ? event.key.toUpperCase() : event.key;
    parts.push(key);
    return parts.join("+");
  }

  document.addEventListener("keydown", (event) => {
    if (composing(event)) {
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    if (event.repeat) return;
    const name = nameOf(event);
    const plain = name === "Space" || name === "Delete" || /^\d$/.test(name);
    if (plain && inControl(event.target)) return;
    if (name === "Ctrl+Z" && inText(event.target) && event.target.value !== event.target.defaultValue) return;
    const scope = document.querySelector("dialog[open]") || document;
    for (const element of scope.querySelectorAll("[data-key]")) {
      if (element.dataset.key !== name || element.disabled || !element.getClientRects().length) continue;
      event.preventDefault();
      if (element.matches("input, textarea, select")) element.focus();
      else element.click();
      return;
    }
  }, true);

  // The second of two clicks on a button that sends its form does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.matches("[data-upload]")) { event.preventDefault(); upload(form); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target && target.closest("[data-dialog]");
    if (opener) { event.preventDefault(); document.getElementById(opener.dataset.dialog).showModal(); return; }
    const fill = target && target.closest("[data-fill]");
    if (fill) {
      const input = document.getElementById(fill.dataset.fill);
      input.value = fill.dataset.value; input.form.requestSubmit();
    }
    const closer = target && target.closest("[data-close]");
    if (closer) { event.preventDefault(); closer.closest("dialog").close(); }
  });

  // The browser's own words are in its own language.
  document.addEventListener("invalid", (event) => {
    const field = event.target, missing = field.validity.valueMissing;
    field.setCustomValidity("");
    if (field.validity.valid) return;
    const what = field.type === "file" ? "Hãy chọn tệp." : field.type === "password" ? "Hãy nhập mật khẩu." : "Hãy nhập mục này.";
    field.setCustomValidity(missing ? what : "Giá trị không đúng cách viết.");
  }, true);
  document.addEventListener("input", (event) => { if (event.target.setCustomValidity) event.target.setCustomValidity(""); });
  function nameFiles() {
    for (const input of document.querySelectorAll("input[type=file]:not(.named)")) {
      const button = document.createElement("span"), names = document.createElement("span");
      button.className = "button"; button.textContent = input.multiple ? "Chọn các tệp" : "Chọn tệp"; button.setAttribute("aria-hidden", "true");
      names.textContent = "Chưa chọn tệp nào";
      button.addEventListener("click", () => input.click());
      input.addEventListener("change", () => { names.textContent = [...input.files].map((file) => file.name).join(", ") || "Chưa chọn tệp nào"; });
      input.classList.add("named"); input.after(button, " ", names);
    }
  }
  nameFiles();

  function upload(form) {
    const bar = form.querySelector("progress"), say = form.querySelector("[role=status]");
    const request = new XMLHttpRequest();
    form.dataset.sent = "yes";
    if (bar) bar.hidden = false;
    if (say) say.textContent = "Đang gửi…";
    request.upload.addEventListener("progress", (event) => {
      if (bar && event.lengthComputable) { bar.max = event.total; bar.value = event.loaded; }
    });
    request.addEventListener("load", () => {
      if (request.status < 400) { location.assign(request.responseURL || location.href); return; }
      const main = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
      delete form.dataset.sent;
      if (main) { document.querySelector("main").replaceWith(document.adoptNode(main)); nameFiles(); }
      else if (say && request.status === 413) say.textContent = "Tệp quá lớn. Hãy gửi từng phần, mỗi giấy một tệp, hoặc quét ở 200 đến 300 dpi.";
      else if (say) say.textContent = "Máy chủ không nhận tệp. Bấm gửi lại.";
    });
    request.addEventListener("error", () => {
      delete form.dataset.sent;
      if (say) say.textContent = "Mất kết nối: tệp chưa gửi xong. Bấm gửi lại; gửi lại không tạo giấy thứ hai.";
    });
    request.open(form.method, form.action);
    request.send(new FormData(form));
  }

  // The secret of an invitation stands behind "#": it reaches no server but in the form.
  for (const input of document.querySelectorAll("[data-from-hash]")) {
    if (location.hash.length > 1) {
      input.value = location.hash.slice(1);
      history.replaceState(null, "", location.pathname);
    }
  }

  // The box of the value in the middle of what is seen.
  const mark = document.getElementById("mark");
  if (mark) mark.scrollIntoView({ block: "center" });

  // A page counts as seen only once its picture is on the screen.
  for (const button of document.querySelectorAll("[data-after]")) {
    const picture = document.getElementById(button.dataset.after);
    if (picture.complete && picture.naturalWidth) continue;
    button.disabled = true;
    picture.addEventListener("load", () => { button.disabled = false; });
  }

  for (const zone of document.querySelectorAll(".drop")) {
    const input = zone.querySelector("input[type=file]");
    if (!input) continue;
    zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault(); zone.classList.remove("over");
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; input.form.requestSubmit(); }
    });
    input.addEventListener("change", () => { if (input.files.length && "auto" in input.dataset) input.form.requestSubmit(); });
  }
})();
