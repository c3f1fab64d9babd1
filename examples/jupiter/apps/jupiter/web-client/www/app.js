"use strict";

const PENDING = "jupiter.pending-order";
const byId = (id) => document.getElementById(id);

// The id is kept until the server has answered: after a lost answer the same order is asked for again,
// and the server registers it once.
const memory = {};
function pending() {
  try { return localStorage.getItem(PENDING); } catch { return memory.id ?? null; }
}
function setPending(id) {
  try {
    if (id === null) localStorage.removeItem(PENDING);
    else localStorage.setItem(PENDING, id);
  } catch { memory.id = id; }
}

// crypto.randomUUID exists only over HTTPS; this page also serves plain HTTP on a laptop.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function api(path, options = {}) {
  const answer = await fetch(`/api${path}`, { cache: "no-store", signal: AbortSignal.timeout(10000), ...options });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

async function refresh() {
  const { count } = await api("/orders/count");
  byId("count").textContent = count.toLocaleString("es");
  byId("unit").textContent = count === 1 ? "pedido registrado" : "pedidos registrados";
}

async function placeOrder() {
  const button = byId("order");
  button.disabled = true;
  byId("message").textContent = "Enviando el pedido…";
  const id = pending() ?? newId();
  setPending(id);
  try {
    const order = await api("/orders", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id }),
    });
    setPending(null);
    byId("message").textContent = order.status === "created"
      ? `Pedido ${id.slice(0, 8)} registrado.`
      : `El pedido ${id.slice(0, 8)} ya estaba registrado.`;
    await refresh();
  } catch {
    if (pending() !== null) {
      byId("message").textContent = "El servidor no responde. Pulsa de nuevo para reintentar: el pedido no se duplicará.";
    }
  } finally {
    button.disabled = false;
  }
}

byId("order").addEventListener("click", placeOrder);
refresh().catch(() => { byId("message").textContent = "El servidor no responde en este momento."; });
api("/version").then(({ version }) => { byId("version").textContent = version; }).catch(() => {});
