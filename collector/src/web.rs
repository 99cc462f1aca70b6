//! Pages, JSON, metrics: what people and programs may see of the collector, and the few things
//! they may say to it. Reads the present and the store; writes only sign-ins itself, and hands
//! acknowledgements, notes and planned work to `drive`. Never judges.

mod assets;
mod board;
mod card;
mod chart;
mod days;
mod gauge;
mod moment;
mod office;
mod outage;
mod page;
mod phrase;
#[cfg(test)]
mod preview;
mod staff;
mod words;
