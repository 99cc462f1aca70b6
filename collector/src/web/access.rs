//! Who may use which route: one table, from which the guard works, the tests make their matrix,
//! and the description of the API is checked.

use axum::http::Method;

use crate::store::accounts::Role;

/// What a route asks of whoever uses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Nothing: it shows nothing private.
    Public,
    /// At least this role.
    Needs(Role),
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// As the router matches it.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// What goes wrong is answered as JSON instead of as a page.
    pub(crate) program: bool,
}

const fn page(method: &'static str, path: &'static str, access: Access) -> Route {
    Route { method, path, access, program: false }
}

const fn program(method: &'static str, path: &'static str, access: Access) -> Route {
    Route { method, path, access, program: true }
}

const READ: Access = Access::Needs(Role::Viewer);
const ACT: Access = Access::Needs(Role::Operator);
const ANSWER: Access = Access::Needs(Role::Supervisor);

/// All routes. One that is missing here is refused to everybody.
pub(crate) const ROUTES: [Route; 33] = [
    page("GET", "/", READ),
    page("GET", "/offices/{office}", READ),
    page("GET", "/outages/{id}", READ),
    page("GET", "/offices/{office}/months/{period}", READ),
    page("POST", "/offices/{office}/months/{period}/close", ANSWER),
    page("POST", "/offices/{office}/months/{period}/corrections/{id}", ANSWER),
    page("POST", "/outages/{id}/correct", ANSWER),
    page("POST", "/outages/{id}/ack", ACT),
    page("POST", "/outages/{id}/note", ACT),
    page("POST", "/planned", ACT),
    page("GET", "/board/{office}", Access::Public),
    page("GET", "/login", Access::Public),
    page("POST", "/login", Access::Public),
    page("POST", "/logout", Access::Public),
    page("GET", "/assets/{name}", Access::Public),
    program("GET", "/api/v1/offices", READ),
    program("GET", "/api/v1/offices/{office}", READ),
    program("GET", "/api/v1/outages", READ),
    program("GET", "/api/v1/outages/{id}", READ),
    program("GET", "/api/v1/accounts/{office}/{period}", READ),
    program("POST", "/api/v1/accounts/{office}/{period}/close", ANSWER),
    program("POST", "/api/v1/accounts/{office}/{period}/hours", ANSWER),
    program("POST", "/api/v1/accounts/{office}/{period}/corrections/{id}", ANSWER),
    program("POST", "/api/v1/outages/{id}/correct", ANSWER),
    program("GET", "/api/v1/accounts/all/{period}", READ),
    program("GET", "/api/v1/accounts/district/{district}/{period}", READ),
    program("POST", "/api/v1/outages/{id}/ack", ACT),
    program("POST", "/api/v1/outages/{id}/note", ACT),
    program("POST", "/api/v1/planned", ACT),
    program("GET", "/metrics", READ),
    program("GET", "/healthz", Access::Public),
    program("GET", "/readyz", Access::Public),
    program("GET", "/openapi.json", Access::Public),
];

/// The route of a request that the router has matched.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    // Whoever may get a page may ask for its head.
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    ROUTES.iter().find(|route| route.method == method && route.path == path)
}
