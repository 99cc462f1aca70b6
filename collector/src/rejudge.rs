//! rejudge
