//! Invitation to QR code, any picture to link
