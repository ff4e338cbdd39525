from .service import API
from .settings import Settings

settings: Settings = Settings()
app: API = API(settings)
