int autoimage_placeholder(void);
