//go:build tools

package tools

import _ "example.com/tool"
