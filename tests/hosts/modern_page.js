// A page of an application with the newer SDK: it becomes ready, and completes the task that it holds.
async (token) => {
  const worker = { name: "worker", kind: "Worker", token, options: {} };
  const started = await inside("start", worker);
  if (started.error) throw new Error(started.error);
  const code = "reservation.complete().then((each) => [it.name, each.status])";
  return (await inside("value", { name: "worker", code, given: {} })).value;
};
