//! The picture: render and scan.
