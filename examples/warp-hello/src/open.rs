//! A hello on Warp, open to everybody: main.rs is the same one, protected.
use warp::Filter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: std::net::SocketAddr = std::env::var("HELLO_ADDRESS")?.parse()?;
    let hello = warp::path!("hello").and(warp::get());
    let hello = hello.map(|| "Hello!");
    warp::serve(hello).run(address).await;
    Ok(())
}
