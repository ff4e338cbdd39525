/// The small programs that steps of a Node build run in the builder's interpreter.
enum NodePrograms {
    /// Installs one exact release of a package manager into `/opt/manager`.
    ///
    /// Arguments: `NAME@VERSION`; then, where `packageManager` gives a hash, `ALGORITHM.HEX` and the file in the package
    /// that has it, or `-` for the whole archive.
    static let manager = #"""
        const {spawnSync}=require('child_process'),{createHash}=require('crypto'),fs=require('fs'),{dirname}=require('path')
        const [spec,hash,inside]=process.argv.slice(1),top='/opt/manager'
        fs.mkdirSync(top,{recursive:true})
        function npm(...words){
          const done=spawnSync('npm',words,{cwd:top,stdio:['ignore','pipe','inherit'],encoding:'utf8'})
          if(done.status!==0){process.stdout.write(done.stdout||'');process.exit(done.status||1)}
          return done.stdout
        }
        function check(file){
          const [kind,wanted]=hash.split('.'),found=createHash(kind).update(fs.readFileSync(file)).digest('hex')
          if(found===wanted)return
          console.error(`${spec}: its ${kind} is ${found}, and packageManager in package.json says ${wanted}`)
          process.exit(1)
        }
        let what=spec
        if(hash&&inside==='-'){
          what=top+'/'+JSON.parse(npm('pack',spec,'--json','--ignore-scripts'))[0].filename.replace('@','').replace('/','-')
          check(what)
        }
        npm('install','--prefix',top,'--no-save','--no-package-lock',what)
        if(what!==spec)fs.rmSync(what)
        if(hash&&inside!=='-')check(`${top}/node_modules/${inside}`)
        """#

    /// Lays out what runs at run time: files of the service, or what its build made, and says what is missing.
    ///
    /// The argument is JSON of `NodeLayout`.
    static let check = #"""
        const fs=require('fs'),path=require('path')
        const plan=JSON.parse(process.argv[1]),top=plan.top,folder=path.join(top,plan.service)
        const out=plan.site?'/out/site':'/out/application'
        function fail(text){console.error(text);process.exit(1)}
        function stat(place){try{return fs.lstatSync(place)}catch{}}
        function list(place,depth=2){
          const found=[]
          function walk(inner,level){
            for(const entry of fs.readdirSync(path.join(place,inner),{withFileTypes:true}).sort((a,b)=>a.name<b.name?-1:1)){
              if(entry.name==='node_modules'||entry.name.startsWith('.git'))continue
              const name=path.join(inner,entry.name)
              found.push(entry.isDirectory()?name+'/':name)
              if(entry.isDirectory()&&level<depth)walk(name,level+1)
            }
          }
          if(stat(place))walk('',1)
          return found.length>40?[...found.slice(0,40),`and ${found.length-40} more`]:found
        }
        const skipped=new Set(plan.skip.map(name=>path.join(folder,name)))
        const locks=new Set(['package-lock.json','npm-shrinkwrap.json','pnpm-lock.yaml','pnpm-workspace.yaml','yarn.lock',
          'bun.lock','bun.lockb','.npmrc','.yarnrc','.yarnrc.yml','.pnpmfile.cjs','.pnp.cjs'])
        function copy(from,to,all){
          const found=stat(from)
          if(!found||skipped.has(from))return
          if(found.isSymbolicLink()){
            fs.mkdirSync(path.dirname(to),{recursive:true});fs.symlinkSync(fs.readlinkSync(from),to)
          }else if(found.isDirectory()){
            fs.mkdirSync(to,{recursive:true})
            for(const name of fs.readdirSync(from)){
              if(!all&&(name==='node_modules'||locks.has(name)||name==='.yarn'||name==='.turbo'))continue
              if(plan.dropTypeScript&&!all&&/(?<!\.d)\.[cm]?tsx?$/.test(name))continue
              copy(path.join(from,name),path.join(to,name),all)
            }
            if(plan.dropTypeScript&&!all&&!fs.readdirSync(to).length&&fs.readdirSync(from).length)fs.rmdirSync(to)
          }else{fs.mkdirSync(path.dirname(to),{recursive:true});fs.copyFileSync(from,to)}
        }
        fs.mkdirSync(out,{recursive:true})
        if(plan.site){
          const site=path.join(folder,plan.site.output)
          if(!stat(site)?.isDirectory())
            fail(`the build made no folder '${plan.site.output}'; there is: ${list(folder).join(', ')||'nothing'}; `
              +'name the folder with --set node.output=FOLDER')
          if(!stat(path.join(site,'index.html')))
            fail(`'${plan.site.output}' has no index.html; there is: ${list(site).join(', ')||'nothing'}; `
              +'name the folder with --set node.output=FOLDER')
          copy(site,out,plan.site.output!=='.')
        }else{
          for(const [from,to] of plan.outputs){
            const made=path.join(folder,from)
            if(!stat(made)&&!plan.optional.includes(from))
              fail(`the build made no '${from}'; there is: ${list(folder).join(', ')||'nothing'}`)
            copy(made,path.join(out,plan.service,to),true)
          }
          if(!plan.outputs.length){
            copy(top,out)
            // What the build wrote into packages that are shipped: generated clients and the like.
            const had=stat('/out/installed.json')?JSON.parse(fs.readFileSync('/out/installed.json','utf8')):{}
            for(const [place,files] of Object.entries(had)){
              (function walk(inner){
                for(const entry of fs.readdirSync(path.join(top,place,inner),{withFileTypes:true})){
                  const name=path.join(inner,entry.name)
                  if(files[name]===-1)continue
                  if(entry.isDirectory()){if(!['node_modules','.cache'].includes(entry.name))walk(name)}
                  else if(entry.isFile()&&files[name]!==fs.statSync(path.join(top,place,name)).size)
                    copy(path.join(top,place,name),path.join(out,place,name),true)
                }
              })('')
            }
          }
          const seen=place=>['/out/application','/out/dependencies'].find(root=>stat(path.join(root,place)))
          for(const file of plan.files){
            const place=path.normalize(path.join(plan.service,file))
            const names=['','.js','.mjs','.cjs','.json','/index.js'].map(end=>place+end)
            if(!names.some(seen))
              fail(`the start command's file '${file}' is not there${plan.built?' after the build':''}; there is: `
                +`${list(path.join(out,plan.service)).join(', ')||'nothing'}; give the command with --set start='node FILE'`)
          }
          for(const name of plan.programs){
            const link=path.join('/out/dependencies',plan.service,'node_modules/.bin',name)
            if(!stat(link))
              fail(`no production dependency brings the program '${name}' that the start command names; `
                +`move the package that has it from devDependencies to dependencies`)
            const head=fs.readFileSync(link).subarray(0,128).toString('latin1')
            if(head.startsWith('\x7fELF')||/^#!(?!.*\bnode\b)/.test(head.split('\n')[0]))
              fail(`the program '${name}' is not JavaScript, so Node cannot run it; start a file with --set start='node FILE'`)
          }
        }
        """#
}
