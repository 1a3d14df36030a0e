"""Thirty airports: code, name, city, country, position in degrees; and which of them are hubs. Pure."""

import math
from dataclasses import dataclass

EARTH_MILES = 3958.8


@dataclass(frozen=True, slots=True)
class Airport:
    """One airport."""

    code: str
    name: str
    city: str
    country: str
    latitude: float
    longitude: float


AIRPORTS = (
    Airport("AMS", "Amsterdam Schiphol", "Amsterdam", "Netherlands", 52.31, 4.76),
    Airport("ATL", "Hartsfield-Jackson Atlanta", "Atlanta", "United States", 33.64, -84.43),
    Airport("BKK", "Suvarnabhumi", "Bangkok", "Thailand", 13.69, 100.75),
    Airport("BOM", "Chhatrapati Shivaji Maharaj", "Mumbai", "India", 19.09, 72.87),
    Airport("CAI", "Cairo International", "Cairo", "Egypt", 30.12, 31.41),
    Airport("CDG", "Paris Charles de Gaulle", "Paris", "France", 49.01, 2.55),
    Airport("DEL", "Indira Gandhi International", "Delhi", "India", 28.57, 77.10),
    Airport("DFW", "Dallas Fort Worth", "Dallas", "United States", 32.90, -97.04),
    Airport("DXB", "Dubai International", "Dubai", "United Arab Emirates", 25.25, 55.36),
    Airport("FCO", "Rome Fiumicino", "Rome", "Italy", 41.80, 12.25),
    Airport("FRA", "Frankfurt am Main", "Frankfurt", "Germany", 50.03, 8.57),
    Airport("GRU", "São Paulo Guarulhos", "São Paulo", "Brazil", -23.43, -46.47),
    Airport("HKG", "Hong Kong International", "Hong Kong", "Hong Kong", 22.31, 113.91),
    Airport("HND", "Tokyo Haneda", "Tokyo", "Japan", 35.55, 139.78),
    Airport("IST", "Istanbul", "Istanbul", "Türkiye", 41.26, 28.74),
    Airport("JFK", "New York John F. Kennedy", "New York", "United States", 40.64, -73.78),
    Airport("JNB", "Johannesburg O. R. Tambo", "Johannesburg", "South Africa", -26.14, 28.25),
    Airport("LAX", "Los Angeles International", "Los Angeles", "United States", 33.94, -118.41),
    Airport("LHR", "London Heathrow", "London", "United Kingdom", 51.47, -0.45),
    Airport("MAD", "Madrid-Barajas", "Madrid", "Spain", 40.49, -3.57),
    Airport("MEX", "Mexico City", "Mexico City", "Mexico", 19.44, -99.07),
    Airport("NBO", "Nairobi Jomo Kenyatta", "Nairobi", "Kenya", -1.32, 36.93),
    Airport("ORD", "Chicago O'Hare", "Chicago", "United States", 41.98, -87.90),
    Airport("PEK", "Beijing Capital", "Beijing", "China", 40.08, 116.58),
    Airport("SCL", "Santiago Arturo Merino Benítez", "Santiago", "Chile", -33.39, -70.79),
    Airport("SFO", "San Francisco International", "San Francisco", "United States", 37.62, -122.38),
    Airport("SIN", "Singapore Changi", "Singapore", "Singapore", 1.36, 103.99),
    Airport("SVO", "Moscow Sheremetyevo", "Moscow", "Russia", 55.97, 37.41),
    Airport("SYD", "Sydney Kingsford Smith", "Sydney", "Australia", -33.95, 151.18),
    Airport("YYZ", "Toronto Pearson", "Toronto", "Canada", 43.68, -79.63),
)
HUBS = ("DXB", "FRA", "JFK", "LHR", "SFO", "SIN")


def miles(one: Airport, other: Airport) -> int:
    """Along the great circle, in whole miles."""
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    chord = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    return round(2 * EARTH_MILES * math.asin(math.sqrt(chord)))
