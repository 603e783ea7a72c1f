// Waits for timers. The sandbox uses no processor time meanwhile, and both timers run side by side.

const finished = [];

async function cook(dish, minutes) {
  await new Promise((resolve) => setTimeout(resolve, minutes));
  finished.push(dish);
  return dish;
}

export async function handler() {
  finished.length = 0;
  const ordered = await Promise.all([cook("soup", 6), cook("salad", 2)]);
  return { ordered, finished };
}
