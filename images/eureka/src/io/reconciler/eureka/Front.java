package io.reconciler.eureka;

import java.io.IOException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.handler.ContextHandler;

/** What is outside of /eureka: the health path, and the way from / to the page. */
final class Front extends ContextHandler {
    Front() {
        super("/");
    }

    @Override
    public void doHandle(String target, Request base, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        base.setHandled(true);
        switch (target) {
            case "/healthcheck" -> {
                response.setContentType("application/json");
                response.getWriter().write("{\"status\":\"UP\"}\n");
            }
            case "/" -> response.sendRedirect("/eureka/");
            default -> response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }
}
