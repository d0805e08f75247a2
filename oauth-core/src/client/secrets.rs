use super::{Client, RegistrationError, SecretHash};
use crate::secret::ClientSecret;

impl Client {
    /// Gives the client one secret more, and returns it to show once. Each of the two authenticates until
    /// [`retire_secrets`](Self::retire_secrets), so that a running application can be given the new one
    /// without standing still.
    ///
    /// ```
    /// use oauth_core::client::{Client, ClientType, SecretHash};
    /// use oauth_core::identifier::ClientId;
    ///
    /// let mut client = Client::new(ClientId::new("notes")?, "Notes", ClientType::Confidential);
    /// client.renew_secret()?;
    /// let new = client.add_secret()?;
    /// assert!(client.add_secret().is_err(), "two at most");
    /// assert!(client.retire_secrets());
    /// assert_eq!(client.secrets, vec![SecretHash::Sha256(new.digest())]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A public client has none; there are two already.
    pub fn add_secret(&mut self) -> Result<ClientSecret, RegistrationError> {
        if !self.is_confidential() {
            return Err(RegistrationError::PublicSecret);
        }
        if self.secrets.len() > 1 {
            return Err(RegistrationError::TwoSecrets);
        }
        let (secret, kept) = SecretHash::generate();
        self.secrets.push(kept);
        Ok(secret)
    }

    /// Takes every secret away but the newest; `false` where there was no other.
    pub fn retire_secrets(&mut self) -> bool {
        let old = self.secrets.len().saturating_sub(1);
        self.secrets.drain(..old);
        old > 0
    }
}
