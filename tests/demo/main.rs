//! The demonstration shop over a real socket, without Vestibule in front.

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

type Outcome<T> = Result<T, Box<dyn Error>>;

async fn start() -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(vestibule::demo::serve(listener));
    Ok(address)
}

/// Sends one request on a connection of its own; the whole answer, as text.
async fn ask(address: &str, line: &str, cookies: &str, form: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{line} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nCookie: {cookies}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8(answer)?)
}

/// The `name=value` part of the cookie called `name` in an answer.
fn cookie(answer: &str, name: &str) -> String {
    answer
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "))
        .filter_map(|cookie| cookie.split(';').next())
        .find(|pair| pair.starts_with(&format!("{name}=")))
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_visitor_can_look_buy_and_log_in() -> Outcome<()> {
    let shop = start().await?;
    let front = ask(&shop, "GET /", "", "").await?;
    assert!(front.starts_with("HTTP/1.1 200"), "{front}");
    assert!(front.contains("/product/storm-lantern"), "{front}");
    for tracker in ["FPID=", "visitor_id=", "currency="] {
        assert!(front.contains(&format!("set-cookie: {tracker}")), "{tracker}");
    }

    let added = ask(&shop, "POST /cart", "", "product=stone-teapot&action=add&next=%2F").await?;
    assert!(added.starts_with("HTTP/1.1 303"), "{added}");
    let cart = cookie(&added, "cart");
    let shown = ask(&shop, "GET /cart", &cart, "").await?;
    assert!(shown.contains(r#"data-product="stone-teapot""#), "{shown}");

    let wrong = ask(&shop, "POST /login", "", "name=Ada&password=guess").await?;
    assert!(wrong.contains(r#"role="alert""#), "{wrong}");
    let right = ask(&shop, "POST /login", "", "name=A%3Cb%3E&password=lantern").await?;
    assert!(right.starts_with("HTTP/1.1 303"), "{right}");
    let jar = format!("{cart}; {}", cookie(&right, "sessionid"));
    let greeted = ask(&shop, "GET /", &jar, "").await?;
    assert!(greeted.contains("Hello, A&lt;b&gt;"), "{greeted}");

    let checkout = ask(&shop, "GET /checkout", &jar, "").await?;
    assert!(checkout.contains("js.stripe.com"), "{checkout}");
    let ordered = ask(&shop, "POST /checkout", &jar, "name=Ada&address=Here").await?;
    assert!(ordered.contains("location: /checkout/done"), "{ordered}");
    let empty = ask(&shop, "GET /cart", &jar, "").await?;
    assert!(!empty.contains("data-product"), "{empty}");
    Ok(())
}

#[tokio::test]
async fn nonsense_is_answered_politely() -> Outcome<()> {
    let shop = start().await?;
    for (line, form, status) in [
        ("GET /nowhere", "", "404"),
        ("GET /product/%00", "", "404"),
        ("POST /product/storm-lantern", "", "404"),
        ("DELETE /cart", "", "405"),
        ("POST /cart", "product=nothing&action=add", "303"),
        ("POST /cart", "\u{0}%zz=&&&=", "303"),
        ("GET /checkout", "", "303"),
    ] {
        let answer = ask(&shop, line, "cart=forged; =; ;;", form).await?;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {answer}");
    }
    let long = "x".repeat(20_000);
    let answer = ask(&shop, "POST /login", "", &long).await?;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    Ok(())
}

/// Not a test: serves the shop alone until it is stopped, an hour at most. `DEMO_SHOP` chooses the address.
#[tokio::test]
#[ignore = "serves the shop for a developer to look at"]
async fn serve_for_a_developer() -> Outcome<()> {
    let wanted = std::env::var("DEMO_SHOP").unwrap_or_else(|_| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(wanted).await?;
    writeln!(std::io::stdout(), "ready http://{}", listener.local_addr()?)?;
    let serving = vestibule::demo::serve(listener);
    match tokio::time::timeout(Duration::from_hours(1), serving).await {
        Ok(ended) => Ok(ended?),
        Err(_) => Ok(()),
    }
}
