"""What our pictures of figures share: how a file opens, and words in it. Pure; every text is escaped here."""

from html import escape


def opening(width: float, height: float, title: str, left: float) -> list[str]:
    """The beginning of a file: its size, what a screen reader says of it, a white ground, its title."""
    looks = f'font-family="sans-serif" font-size="13" role="img" aria-label="{escape(title, quote=True)}"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {looks}>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        words(left, 24, title, size=16, weight="bold"),
    ]


def words(  # as the element has them
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 13,
    weight: str = "normal",
    fill: str = "#24292f",
) -> str:
    """One line of text."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{fill}">{escape(text)}</text>'
    )
