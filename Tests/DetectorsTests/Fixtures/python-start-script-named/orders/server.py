import os

import uvicorn


def main():
    uvicorn.run("orders.main:app", host="0.0.0.0", port=int(os.environ.get("PORT", "8300")))


if __name__ == "__main__":
    main()
