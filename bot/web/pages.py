"""Puts the web pages together: routes, templates, sessions and the headers that protect them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

HERE = Path(__file__).parent
_HEADERS = {
    # No inline script or style anywhere, so injected markup stays dead.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def templates() -> Jinja2Templates:
    """Return the templates, with escaping switched on."""
    return Jinja2Templates(directory=HERE / "templates")


def build(
    routes: Sequence[BaseRoute],
    health: Callable[[], Awaitable[dict[str, object]]],
    session_key: str,
    secure: bool,
) -> Starlette:
    """Return the web application; `secure` says that it is reached by https."""

    async def healthy(_request: Request) -> Response:
        state = await health()
        return JSONResponse(state, status_code=200 if state["database"] else 503)

    return Starlette(
        routes=[
            Route("/health", healthy),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            *routes,
        ],
        middleware=[
            Middleware(BaseHTTPMiddleware, dispatch=_protect),
            Middleware(
                SessionMiddleware,
                secret_key=session_key,
                session_cookie="abc_console",
                same_site="strict",
                https_only=secure,
                max_age=8 * 3600,  # a working day
            ),
        ],
    )


async def _protect(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Refuse writing requests from other sites and set the protecting headers."""
    site = request.headers.get("sec-fetch-site")
    if request.method == "POST" and site not in {None, "same-origin", "none"}:
        return Response("This form was sent from another site.", status_code=403)
    response = await call_next(request)
    for name, value in _HEADERS.items():
        if name != "Cache-Control" or not request.url.path.startswith("/static"):
            response.headers.setdefault(name, value)
    return response
