// What this page shows and which API it asks. index.html names the API's origin a second time, in `connect-src`.
export default {
  title: "Gala",
  api: "https://api.example.com/live", // the output api_gateway_url of a Region, or https://YOUR-DOMAIN; no slash at the end
  event: "gala",
  seatsPerOrder: 8, // event_scale.seats_per_order of the spec, 32 at most
  holdSeconds: 300, // event_scale.hold_seconds of the spec
  queue: false, // true: visitors take a place as soon as they open the page; false: when the API asks for one
  refreshSeconds: 5, // how often the page asks for the seats while somebody looks at it

  // `api.auth: none`: null. `api.auth: cognito`: a function that returns a promise of the buyer's access token.
  // `api.auth: iam` is for programs: a page that can sign requests has keys that anyone can copy from it.
  accessToken: null,
};
