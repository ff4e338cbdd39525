package lib

import _ "net/http"

func Do() {}
