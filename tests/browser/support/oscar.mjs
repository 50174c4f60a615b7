// A real shop as origin: django-oscar behind nginx, with a fresh database for every run.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT, freePort, listening, start, temporaryFolder } from './process.mjs';

const HOME = path.join(ROOT, 'tests/browser/oscar');
const PYTHON = process.env.OSCAR_PYTHON ?? path.join(ROOT, 'target/oscar-venv/bin/python');
const NGINX = process.env.NGINX ?? '/usr/sbin/nginx';

// The password of every customer that `stock.py` creates.
export const PASSWORD = 'seven-candles';

export async function startOscar() {
  const folder = temporaryFolder('oscar');
  const env = {
    ...process.env,
    SHOP_DIR: folder,
    DJANGO_SETTINGS_MODULE: 'settings',
    PYTHONPATH: HOME,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
  };
  const python = (...args) => execFileSync(PYTHON, args, { cwd: HOME, env, stdio: ['ignore', 'ignore', 'inherit'] });
  python('-m', 'django', 'migrate', '-v0');
  python('stock.py');
  python('-m', 'django', 'rebuild_index', '-v0', '--noinput');
  python('-m', 'django', 'collectstatic', '-v0', '--noinput');

  const socket = path.join(folder, 'shop.sock');
  const application = await start(
    PYTHON,
    ['-m', 'gunicorn', '--bind', `unix:${socket}`, '--workers', '1', '--threads', '4', 'django.core.wsgi:get_wsgi_application()'],
    { cwd: HOME, env, waitFor: /Listening at/ },
  );
  const port = await freePort();
  const configuration = path.join(folder, 'nginx.conf');
  fs.writeFileSync(configuration, nginxConfiguration(folder, socket, port));
  const nginx = await start(NGINX, ['-e', 'stderr', '-p', folder, '-c', configuration], { waitFor: /start worker process/ });
  await listening(port);
  return {
    address: `http://127.0.0.1:${port}`,
    // The names of the cookies that arrived since the last call.
    received: () => {
      const log = path.join(folder, 'cookies.log');
      const lines = fs.readFileSync(log, 'utf8');
      fs.truncateSync(log);
      const names = lines.split(/[;\n]/).map((pair) => pair.split('=')[0].trim());
      return [...new Set(names)].filter((name) => name !== '' && name !== '-').sort();
    },
    async stop() {
      await nginx.stop();
      await application.stop();
    },
  };
}

function nginxConfiguration(folder, socket, port) {
  // Started by root, nginx would serve as a user who may not enter the temporary folder.
  const user = os.userInfo();
  return `${user.uid === 0 ? `user ${user.username};` : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types;
  log_format cookies '$http_cookie';
  access_log ${folder}/cookies.log cookies;
  server_tokens off;
  gzip on;
  gzip_types text/css text/javascript application/javascript;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((use) => `${use}_temp_path ${folder}/${use};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location /static/ { root ${folder}; expires 1h; }
    location /media/ { root ${folder}; expires 1h; }
    location / {
      proxy_pass http://unix:${socket};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}
