import shop_tool
