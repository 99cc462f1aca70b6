//! pulse
