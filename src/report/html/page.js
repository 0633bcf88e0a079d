'use strict';

// The page reads without this; it filters the findings, copies code, and opens the finding that the address names.
(() => {
  const { report, owners } = JSON.parse(document.getElementById('data').textContent);
  const form = document.getElementById('filters');
  const cards = [...document.querySelectorAll('details.finding')];
  const control = (name) => document.getElementById(`filter-${name}`);

  function isWanted(at) {
    const finding = report.findings[at];
    const is = (name, known) => !control(name)?.value || known.includes(control(name).value);
    const text = control('text').value.trim().toLowerCase();
    const parts = [finding.path, finding.message, finding.function, finding.collection, finding.array];
    return (
      is('level', [finding.level]) &&
      is('rule', [finding.rule]) &&
      is('owner', owners[at]) &&
      (!control('proven').checked || finding.proof === 'proven') &&
      (text === '' || parts.some((part) => part?.toLowerCase().includes(text)))
    );
  }

  function apply() {
    let shown = 0;
    for (const card of cards) {
      card.hidden = !isWanted(Number(card.dataset.at));
      shown += card.hidden ? 0 : 1;
    }
    document.getElementById('count').textContent = `${shown} of ${cards.length} findings shown`;
  }

  /** Opens what the address names, also where a filter hides it. */
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const card = target?.closest('details');
    if (!card) return;
    if (card.hidden) {
      form.reset();
      apply();
    }
    card.open = true;
    card.scrollIntoView();
    card.querySelector('summary').focus({ preventScroll: true });
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.text);
    } catch {
      // A page from a file may not have the clipboard of its own.
      const area = document.createElement('textarea');
      area.value = button.dataset.text;
      button.after(area);
      area.select();
      document.execCommand('copy');
      area.remove();
      button.focus();
    }
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  }

  if (form) {
    form.hidden = false;
    form.addEventListener('input', apply);
    form.addEventListener('submit', (event) => event.preventDefault());
    // The controls are reset after the event.
    form.addEventListener('reset', () => setTimeout(apply));
    document.getElementById('toggle').addEventListener('click', ({ target }) => {
      const open = target.textContent === 'Open all';
      for (const card of cards) card.open = open;
      target.textContent = open ? 'Close all' : 'Open all';
    });
    apply();
  }
  for (const button of document.querySelectorAll('button.copy')) {
    button.hidden = false;
    button.addEventListener('click', () => copy(button));
  }
  let closed = [];
  matchMedia('print').addEventListener('change', ({ matches }) => {
    if (matches) closed = [...document.querySelectorAll('details:not([open])')];
    for (const part of closed) part.open = matches;
  });
  addEventListener('hashchange', follow);
  // Until then, the browser itself moves to what the address names.
  addEventListener('load', () => setTimeout(follow));
})();
