pub(crate) const TODO: u8 = 0;
