"""The word app = FastAPI() in documentation is no application."""
import fastapi as f

docs = "app = FastAPI()"
service = f.FastAPI(
    title="orders",
    docs_url=None,
)


@service.get("/")
def index() -> dict[str, str]:
    return {"hello": "world"}


if __name__ == "__main__":
    import uvicorn

    uvicorn.run("app:service", host="127.0.0.1", port=8080, reload=True)
