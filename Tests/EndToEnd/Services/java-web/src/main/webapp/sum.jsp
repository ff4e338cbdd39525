<%@ page contentType="text/plain; charset=UTF-8" %>sum <%= 1 + 1 %>
