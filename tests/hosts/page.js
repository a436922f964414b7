// A page of an application: it becomes ready, and accepts the first reservation that is offered.
(token) =>
  new Promise((resolve, reject) => {
    const worker = new Twilio.TaskRouter.Worker(token, false);
    let ready;
    worker.on("error", (error) => reject(new Error(error.message)));
    worker.on("ready", (resource) => {
      ready = resource.friendlyName;
    });
    worker.on("reservation.created", (reservation) =>
      reservation.accept((error, accepted) => {
        if (error) reject(error);
        else resolve({ ready, status: accepted.reservationStatus, url: worker.resourceUrl });
      }),
    );
  })
