package io.reconciler.eureka;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import javax.servlet.DispatcherType;
import javax.servlet.Filter;
import javax.servlet.FilterChain;
import javax.servlet.FilterConfig;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.jsp.JspFactory;
import org.apache.jasper.runtime.JspFactoryImpl;
import org.apache.tomcat.InstanceManager;
import org.apache.tomcat.SimpleInstanceManager;
import org.eclipse.jetty.servlet.FilterHolder;
import org.eclipse.jetty.servlet.ServletContextHandler;

/** The WAR's pages, compiled when the image was built (org.apache.jsp.jsp.*), under the paths that they link to. */
final class Pages {
    private static final List<String> NAMES = List.of("status", "lastN", "header", "navbar");

    private Pages() {}

    static void add(ServletContextHandler context) {
        JspFactory.setDefaultFactory(new JspFactoryImpl());
        context.setAttribute(InstanceManager.class.getName(), new SimpleInstanceManager());
        for (String name : NAMES) {
            context.addServlet("org.apache.jsp.jsp." + name + "_jsp", "/jsp/" + name + ".jsp");
        }
        // Before the REST filter, which knows no welcome page.
        context.addFilter(new FilterHolder(new Welcome()), "/", EnumSet.of(DispatcherType.REQUEST));
    }

    /** Shows the status page at /eureka/ itself. */
    private static final class Welcome implements Filter {
        @Override
        public void init(FilterConfig configuration) {}

        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain rest)
                throws IOException, ServletException {
            String path = ((HttpServletRequest) request).getServletPath();
            if (path.isEmpty() || path.equals("/")) {
                request.getRequestDispatcher("/jsp/status.jsp").forward(request, response);
            } else {
                rest.doFilter(request, response);
            }
        }

        @Override
        public void destroy() {}
    }
}
