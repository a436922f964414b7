// First come, first served: a ride is offered to five drivers at once, and all of them press
// "accept" in the same moment. One gets it; the others are told at once that it is gone.
import { accept, aWorker, aWorkflow, aWorkspace } from "./start.mjs";

const workspace = await aWorkspace("Taxi");
const drivers = await workspace.taskQueues.create({
  friendlyName: "Drivers nearby",
  targetWorkers: 'district == "harbour"',
  maxReservedWorkers: 5,
});
await aWorkflow(workspace, drivers, { taskReservationTimeout: 15 });
for (const name of ["Lea", "Mio", "Nia", "Oli", "Pia"]) {
  await aWorker(workspace, name, { district: "harbour" });
}

const ride = await workspace.tasks.create({ attributes: JSON.stringify({ to: "the airport" }) });
const offers = await workspace.tasks(ride.sid).reservations.list();
console.log(`${offers.length} drivers are asked`);

const answers = await Promise.allSettled(offers.map((offer) => accept(workspace, offer)));
const won = answers.filter((each) => each.status === "fulfilled");
const lost = answers.filter((each) => each.reason?.status === 410);
console.log(`${won.length} drives, ${lost.length} hear that the ride is gone`);
