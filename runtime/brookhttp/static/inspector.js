// Keeps what the inspector shows up to date: it asks for the page again every few seconds, and takes
// over the parts that are marked with data-live. Without it the page is as it was when it was loaded.
"use strict";
(() => {
	const main = document.querySelector("main");
	const seconds = Number(document.body.dataset.every);
	const asked = [...document.querySelectorAll("[data-live]")].map((e) => e.id);

	// Boxes that check all others of their form are of no use without a script: they are shown here.
	function showBoxes() {
		for (const all of document.querySelectorAll("input[data-all]")) all.closest(".check").hidden = false;
	}
	document.addEventListener("change", (event) => {
		const all = event.target;
		if (!all.matches("input[data-all]")) return;
		for (const box of all.form.querySelectorAll('input[name="id"]')) box.checked = all.checked;
	});
	showBoxes();
	if (!main || !seconds || asked.length === 0) return;

	const button = document.getElementById("live");
	const said = document.getElementById("said");
	let on = true, busy = false, failed = 0, timer = 0;
	const kept = window.sessionStorage;
	try { on = kept.getItem("brook-live") !== "off"; } catch { /* storage is refused */ }

	function show() {
		button.hidden = false;
		button.textContent = on ? "Stop updates" : "Update again";
	}
	button.addEventListener("click", () => {
		on = !on;
		try { kept.setItem("brook-live", on ? "on" : "off"); } catch { /* storage is refused */ }
		show();
		if (on) turn();
	});

	// What somebody works in stays as it is: the focus, a selection, boxes that are checked.
	function inUse(part) {
		const at = document.activeElement;
		if (at && at !== part && part.contains(at)) return true;
		const chosen = document.getSelection();
		if (chosen && !chosen.isCollapsed && chosen.anchorNode && part.contains(chosen.anchorNode)) return true;
		return part.querySelector("input:checked") !== null;
	}

	function take(fresh) {
		for (const id of asked) {
			const old = document.getElementById(id), now = fresh.getElementById(id);
			if (!old || !now || inUse(old) || old.outerHTML === now.outerHTML) continue;
			const open = [...old.querySelectorAll("details")].map((d) => d.open);
			const scrolled = [...old.querySelectorAll(".scroll, .flow")].map((s) => s.scrollLeft);
			const state = old.dataset.say, next = now.dataset.say;
			old.replaceWith(document.adoptNode(now));
			now.querySelectorAll("details").forEach((d, i) => { if (open[i] !== undefined) d.open = open[i]; });
			now.querySelectorAll(".scroll, .flow").forEach((s, i) => { s.scrollLeft = scrolled[i] || 0; });
			if (next && next !== state) said.textContent = next;
		}
		showBoxes();
	}

	async function update() {
		const answer = await fetch(window.location.href, {
			credentials: "same-origin", cache: "no-store", redirect: "error",
			signal: AbortSignal.timeout(20000), // a machine that is gone never answers
		});
		if (!answer.ok) throw new Error(String(answer.status));
		take(new DOMParser().parseFromString(await answer.text(), "text/html"));
	}

	async function turn() {
		window.clearTimeout(timer);
		if (!on || busy) return;
		if (document.visibilityState === "visible") {
			busy = true;
			try {
				await update();
				if (failed > 0) said.textContent = "Updates go on.";
				failed = 0;
			} catch {
				failed++;
				if (failed === 2) said.textContent = "No answer: what is shown may be old.";
			}
			busy = false;
		}
		timer = window.setTimeout(turn, seconds * 1000 * Math.min(10, 1 + failed));
	}
	document.addEventListener("visibilitychange", turn);
	show();
	timer = window.setTimeout(turn, seconds * 1000);
})();
