//! A hello on Warp for everyone with a token: open.rs is the same one, open to everybody.
use warp::Filter;

oauth_warp::scopes! { Read = "read"; }

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: std::net::SocketAddr = std::env::var("HELLO_ADDRESS")?.parse()?;
    let (id, secret) = ("hello".parse()?, oauth_core::secret::ClientSecret::new(std::env::var("HELLO_SECRET")?));
    let remote = oauth_remote::RemoteResourceProvider::builder(std::env::var("HELLO_ISSUER")?, id, secret);
    let resource = oauth_warp::ProtectedResource::new(remote.audience("https://hello.example".parse()?).build()?);
    let hello = warp::path!("hello").and(warp::get());
    let hello = hello.and(oauth_warp::authorized::<Read, _>(&resource));
    let hello = hello.map(|_| "Hello!").recover(oauth_warp::recover);
    warp::serve(hello).run(address).await;
    Ok(())
}
