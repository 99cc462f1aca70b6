//! The routes, on a real collector in this process: who may do what, signing in, forms, what pages
//! show and what they must not.

mod board;
mod json;
mod policy;
mod sign_in;
mod stage;
mod text;
