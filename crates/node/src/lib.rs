//! The one loop between machine, disk and wires
